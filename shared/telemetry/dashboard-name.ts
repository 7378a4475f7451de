type Shown = { readonly stack: string; readonly region: string; readonly pool?: string | undefined };

/**
 * The name of a pool's dashboard, or of the overview. Dashboards of an account share their names over all regions, so it
 * has the region.
 */
export function dashboardName({ stack, region, pool }: Shown): string {
  return pool === undefined ? `${stack}-${region}` : `${stack}-${pool}-${region}`;
}
