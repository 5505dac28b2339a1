import { sleep } from 'fearless'

void sleep(1)
