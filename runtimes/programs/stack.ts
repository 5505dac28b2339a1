// A panic's stack names the file and line of the closure as they are in the source.
import { thread } from 'fearless'

const handle = thread.spawn(() => {
  throw new Error('line 5')
})
const { stack } = await handle.join().then(() => new Error(), error => error as Error)
console.log(/stack\.ts:5:\d+/.test(stack!)) //=> true
console.log(stack!.includes('?fl')) //=> false
