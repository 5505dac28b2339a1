import { thread } from 'fearless'

export async function clear(pixels: Uint8Array, header: Uint8Array, rest: Int32Array): Promise<void> {
  await thread.scope(s => {
    s.spawn(() => pixels.subarray(0, 4).fill(0))
    s.spawn(() => new DataView(header.buffer).setInt8(0, 1))
    s.spawn(() => Atomics.store(rest, 0, 1))
  })
}
