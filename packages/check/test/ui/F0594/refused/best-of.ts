import { parIter } from 'fearless'

interface Team {
  wins: number
}
export async function play(teams: Team[], rounds: readonly number[]): Promise<void> {
  await parIter(rounds).forEach(round => {
    let best = teams[0]!
    for (const team of teams) if (team.wins > round) best = team
    best.wins++
    teams.forEach(team => delete (team as Partial<Team>).wins)
  })
}
