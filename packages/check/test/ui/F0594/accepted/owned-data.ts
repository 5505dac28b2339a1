import { move, thread } from 'fearless'

export function run(list: number[]): unknown {
  return thread.spawn(
    move(() => {
      list.push(1)
      list[0] = 2
      return list
    }),
  )
}
