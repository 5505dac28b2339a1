import { Mutex, Rc } from 'fearless'

export const lock = new Mutex(new Rc(1))
