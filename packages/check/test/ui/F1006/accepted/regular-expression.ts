import { thread } from 'fearless'

const pattern = /a+/
export function run(): void {
  thread.spawn(() => pattern.test('aa'))
}
