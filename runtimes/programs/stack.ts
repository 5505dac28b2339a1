// Stack traces have the file and line of the source, in threads and in the main thread.
import { thread } from 'fearless'

interface Types {
  readonly are: 'removed'
}

const handle = thread.spawn(() => {
  throw new Error('line 9')
})
const { stack } = await handle.join().then(
  () => new Error(),
  error => error as Error,
)
console.log(/stack\.ts:9:\d+/.test(stack!)) //=> true
console.log(stack!.includes('?fl')) //=> false
const types: Types = { are: 'removed' }
console.log(/stack\.ts:18:\d+/.test(new Error(types.are).stack!)) //=> true
