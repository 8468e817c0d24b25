// Grafana's published types, with plain strings where they have enumerations: JSON holds no others.
import type {
  Dashboard,
  Panel,
} from "./node_modules/@grafana/schema/dist/types/raw/dashboard/x/types.gen.js";

type Plain<T> = T extends string
  ? string
  : T extends (infer One)[]
    ? Plain<One>[]
    : T extends object
      ? { [Key in keyof T]: Plain<T[Key]> }
      : T;

export type PlainDashboard = Plain<Omit<Dashboard, "panels">> & { panels: Plain<Panel>[] };
