// What statics-*.ts make their locks with. Nothing is made here.
import { Mutex } from 'fearless'

export const makeCounter = (): Mutex<number> => new Mutex(0)
