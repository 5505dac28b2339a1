import { Arc, Mutex } from 'fearless'
class Account { balance = new Arc(new Mutex(0)) }
export async function transfer(from: Account, to: Account, amount: number): Promise<boolean> {
  {
    using g = await from.balance.lock()
    if (g.value < amount) return false
    g.value -= amount
  }
  using h = await to.balance.lock()
  h.value += amount
  return true
}
