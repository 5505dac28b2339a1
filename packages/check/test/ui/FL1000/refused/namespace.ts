import { thread } from 'fearless'

namespace Tools {
  export const n = 1
}
thread.spawn(() => Tools.n)
