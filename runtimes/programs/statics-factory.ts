// The functions with which statics-*.ts make their locks. This module makes no lock.
import { Mutex } from 'fearless'

export const makeCounter = (): Mutex<number> => new Mutex(0)
