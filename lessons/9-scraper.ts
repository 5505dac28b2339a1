// The pattern of the parallel scraper: a thread per item, one channel for all results.
import { drop, move, mpsc, thread } from 'fearless'

interface Page {
  readonly url: string
  readonly words: number
}

function processItem(url: string): Page {
  const text = `the page at ${url} has these words`
  return { url, words: text.split(' ').length }
}

const items = ['/a', '/b', '/c', '/d', '/e']
const [tx, rx] = mpsc.channel<Page>()

for (const item of items) {
  const mine = tx.clone()
  thread.spawn(
    move(() => {
      mine.send(processItem(item))
    }),
  )
}
drop(tx) // or the loop below never ends: this thread holds a sender too

const results: Page[] = []
for await (const result of rx) results.push(result)

results.sort((a, b) => a.url.localeCompare(b.url))
for (const { url, words } of results) console.log(url, words)
