import { move, thread } from 'fearless'
import { Color } from './color'

export const nested = (n: number): number =>
  thread
    .spawn(move(() => n + Color.Red))
    .join()
    .wait()
