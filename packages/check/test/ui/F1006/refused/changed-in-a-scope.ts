import { thread } from 'fearless'

const found: string[] = []
await thread.scope(s => {
  s.spawn(() => {
    found.push('a')
  })
})
console.log(found)
