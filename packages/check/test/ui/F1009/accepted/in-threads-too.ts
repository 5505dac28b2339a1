import { thread } from 'fearless'

thread.spawn(async () => {
  const page = await fetch('https://example.org')
  console.log(performance.now(), crypto.randomUUID(), structuredClone([1]), setTimeout, URL, TextEncoder)
  return page.status
})
