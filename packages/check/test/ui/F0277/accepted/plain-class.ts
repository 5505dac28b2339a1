import { move, thread } from 'fearless'

class Point {
  x = 1
  y = 2
}
export function run(point: Point): void {
  thread.spawn(move(() => point.x))
}
