import { thread } from 'fearless'

export async function run(state: { done: boolean }): Promise<boolean> {
  await thread.scope(s => {
    s.spawn(() => {
      state.done = true
    })
  })
  return state.done
}
