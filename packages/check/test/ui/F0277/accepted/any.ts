import { move, thread } from 'fearless'

export function run(text: string): void {
  const page = JSON.parse(text)
  thread.spawn(move(() => page.title as string))
  thread.spawn(move(() => JSON.parse(text)))
}
