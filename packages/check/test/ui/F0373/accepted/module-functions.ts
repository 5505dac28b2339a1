import { thread } from 'fearless'

function double(n: number): number {
  return n * 2
}
class Point {
  readonly x = 1
}
enum Level {
  Low,
}
thread.spawn(() => double(new Point().x) + Level.Low)
