import { move, thread } from 'fearless'

export function run(element: HTMLElement): void {
  thread.spawn(move(() => element.id))
}
