import { LazyLock } from 'fearless'

export function table(size: number): LazyLock<number[]> {
  return new LazyLock(() => Array.from({ length: size }, (_, i) => i * i))
}
