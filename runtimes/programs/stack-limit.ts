// A thread may have a deeper stack than other threads.
import { thread } from 'fearless'

function depth(): number {
  try {
    return depth() + 1
  } catch {
    return 1
  }
}
const usual = await thread.spawn(() => depth()).join()
const deep = await thread
  .builder({ stackSizeMb: 64 })
  .spawn(() => depth())
  .join()
console.log(deep > usual * 3) //=> true
