import { Arc, ConcurrentMap, move, thread } from 'fearless'

const seen = new Arc(new ConcurrentMap<string, number>())
thread.spawn(
  move(() => {
    for (const word of ['a', 'b']) seen.update(word, n => (n ?? 0) + 1)
  }),
)
