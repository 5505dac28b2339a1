export enum Color {
  Red = 5,
}
