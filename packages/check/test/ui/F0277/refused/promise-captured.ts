import { move, thread } from 'fearless'

export function run(page: Promise<string>): void {
  thread.spawn(move(async () => (await page).length))
}
