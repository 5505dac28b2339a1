import { LazyLock, move } from 'fearless'

const square = (i: number): number => i * i
export const squares = new LazyLock(() => [1, 2, 3].map(square))

export function table(size: number): LazyLock<number[]> {
  return new LazyLock(move(() => Array.from({ length: size }, (_, i) => square(i))))
}
