import { Mutex } from 'fearless'

export default new Mutex(0)
