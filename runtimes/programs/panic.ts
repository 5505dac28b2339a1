// A join throws the thread's error, whether the thread threw it, rejected with it, or left it uncaught.
import { thread } from 'fearless'

async function report(handle: { join(): PromiseLike<unknown> }): Promise<void> {
  try {
    console.log('value', await handle.join())
  } catch (error) {
    const { name, message } = error as Error
    console.log(name, message.split('. ')[0])
  }
}

await report(
  thread.spawn(() => {
    throw new RangeError('too far')
  }),
) //=> RangeError too far
await report(
  thread.spawn(async () => {
    await Promise.resolve()
    throw new TypeError('no')
  }),
) //=> TypeError no
await report(
  thread.builder({ name: 'x' }).spawn(() => {
    throw 'text'
  }),
) //=> PanicError The thread "x" panicked with "text"
await report(
  thread.spawn(
    () =>
      new Promise<void>(() => {
        setTimeout(() => {
          throw new RangeError('in a timer')
        }, 1)
      }),
  ),
) //=> RangeError in a timer
await report(
  thread.spawn(
    () =>
      new Promise<void>(() => {
        void Promise.reject(new RangeError('in a promise'))
      }),
  ),
) //=> RangeError in a promise
await report(thread.spawn(() => 'still here')) //=> value still here
