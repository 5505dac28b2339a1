import { thread } from 'fearless'

const state = { on: false }
export function toggle(): void {
  state.on = !state.on
}
thread.spawn(() => state.on)
