import { move, thread } from 'fearless'

function run(list: number[]): void {
  thread.spawn(move(() => list.length))
}

const data = [1]
run(data)
console.log(data)
