import { sleep } from 'fearless'

sleep(1).wait()
