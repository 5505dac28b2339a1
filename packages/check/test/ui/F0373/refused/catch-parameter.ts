import { thread } from 'fearless'

export function run(): void {
  try {
    throw new Error('no')
  } catch (error) {
    thread.spawn(() => String(error))
  }
}
