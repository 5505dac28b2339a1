import { thread } from 'fearless'
import { add, grade } from '../../Elsewhere/index.ts'

export const run = () =>
  thread.spawn(() => {
    add(grade)
  })
