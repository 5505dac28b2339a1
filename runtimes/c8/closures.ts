// No thread runs line 12. In pick.ts, nothing runs lines 5, 6, 8 and 9.
import { move, thread } from 'fearless'
import { pick } from './pick.ts'

const n: number = 3
const out = await thread
  .spawn(
    move(() => {
      if (n > 2) {
        return pick('a')
      }
      return 'not reached'
    }),
  )
  .join()
console.log(out)
