import { move, thread } from 'fearless'

export function run(document: { title: string }): void {
  thread.spawn(move(() => document.title))
}
