import { select, sleep } from 'fearless'

select({ a: sleep(1), b: sleep(2) })
