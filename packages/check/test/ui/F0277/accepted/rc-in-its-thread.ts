import { Rc, thread } from 'fearless'

thread.spawn(() => {
  const rc = new Rc(5)
  return rc.value
})
