import { move, thread } from 'fearless'

function double(n: number): number {
  return n * 2
}
const triple = (n: number): number => n * 3
class Point {
  constructor(readonly x: number) {}
}
thread.spawn(move(() => double(1) + triple(1) + new Point(1).x))
thread.spawn(move(() => double(2) + triple(2) + new Point(2).x))
console.log(double(3), triple(3))
