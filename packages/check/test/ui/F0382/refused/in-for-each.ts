import { move, thread } from 'fearless'

export function run(names: string[], table: Map<string, number>): void {
  names.forEach(name => {
    thread.spawn(move(() => table.get(name)))
  })
}
