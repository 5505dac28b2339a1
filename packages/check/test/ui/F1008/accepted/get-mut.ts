import { Mutex } from 'fearless'

export async function main() {
  const total = new Mutex(0)
  {
    using first = total.getMut()
    first.value += 1
  }
  using second = await total.lock()
  second.value += 1
}
