import { Mutex } from 'fearless'

export async function main() {
  const total = new Mutex(0)
  using first = total.getMut()
  using second = await total.lock()
  first.value += second.value
}
