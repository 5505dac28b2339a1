// A thread imports the modules that its closure uses: other files of the program, builtin modules, files that spawn
// threads themselves.
import { basename } from 'node:path'
import { thread } from 'fearless'
import { inThreads, plain } from './imported.ts'

class Point {
  readonly x: number
  constructor(x: number) {
    this.x = x
  }
  double(): Point {
    return new Point(this.x * 2)
  }
}

console.log(await thread.spawn(() => basename('/a/b.txt')).join()) //=> b.txt
console.log(await thread.spawn(() => plain(20)).join()) //=> 21
console.log(await thread.spawn(() => new Point(4).double().x).join()) //=> 8
console.log(String(await thread.spawn(() => inThreads([1, 2, 3])).join())) //=> 2,4,6
console.log(String(await inThreads([4, 5]))) //=> 8,10
