import { Arc, Mutex } from 'fearless'

const state = new Arc(new Mutex({ tags: ['a'] }))

export async function outlives(): Promise<number> {
  let tags: string[]
  {
    using s = await state.lock()
    tags = s.value.tags
  }
  return tags.length
}
