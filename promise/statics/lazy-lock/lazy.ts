import { AtomicI32, LazyLock, move } from 'fearless'

export const runs = new AtomicI32(0)
export const answer = new LazyLock(
  move(() => {
    runs.fetchAdd(1)
    return 7
  }),
)
