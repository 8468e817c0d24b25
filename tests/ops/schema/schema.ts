// Grafana's published types, with plain strings where they have enumerations: JSON holds no others.
import type {
  AnnotationQuery,
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

// What the Prometheus data source adds to an annotation; the published types leave that to each data source.
type Mark = Plain<AnnotationQuery> & {
  expr: string;
  step: string;
  titleFormat: string;
  textFormat: string;
};

export type PlainDashboard = Plain<Omit<Dashboard, "panels" | "annotations">> & {
  panels: Plain<Panel>[];
  annotations: { list: Mark[] };
};
