import { drop, move, mpsc, thread } from 'fearless'
export async function pipeline(lines: string[]): Promise<number> {
  const [words, wordsOut] = mpsc.channel<string[]>()
  const [counts, countsOut] = mpsc.channel<number>()
  const counter = thread.spawn(move(() => {
    for (const list of wordsOut) counts.send(list.length)
  }))
  for (const line of lines) {
    const list = line.split(' ')
    if (list.length === 0) continue
    words.send(list)
  }
  drop(words)
  let total = 0
  for await (const n of countsOut) total += n
  await counter.join()
  return total
}
