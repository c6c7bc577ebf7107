import { type Routes, routes } from '@cyclone/contracts';
import { type Metrics, metricsContentType } from '@cyclone/observability';
import type { HealthReport } from '@cyclone/service-host';
import { Controller, Inject } from '@nestjs/common';
import { version } from '../../version.js';
import type { Answer, Call } from '../call.js';
import { Handles } from '../handles.js';
import { docsPage, docsPolicy } from '../docs-page.js';
import { openApiDocument } from '../openapi.js';
import { HEALTH, METRICS } from '../tokens.di.js';

@Controller()
export class InstallationController {
  private readonly document = JSON.stringify(openApiDocument(routes, version), undefined, 2);
  private readonly page = docsPage(routes, version);

  constructor(
    @Inject(HEALTH) private readonly health: () => Promise<HealthReport>,
    @Inject(METRICS) private readonly metrics: Metrics,
  ) {}

  @Handles(routes.version)
  version(_: Call<Routes['version']>): Promise<Answer<Routes['version']>> {
    return Promise.resolve({ body: { name: 'cyclone', version, api: 'v1' } });
  }

  @Handles(routes.openApi)
  openApi(_: Call<Routes['openApi']>): Promise<Answer<Routes['openApi']>> {
    return Promise.resolve({ body: this.document });
  }

  @Handles(routes.docs)
  docs(_: Call<Routes['docs']>): Promise<Answer<Routes['docs']>> {
    return Promise.resolve({ body: this.page, headers: { 'Content-Security-Policy': docsPolicy } });
  }

  @Handles(routes.metrics)
  numbers(_: Call<Routes['metrics']>): Promise<Answer<Routes['metrics']>> {
    return Promise.resolve({ body: this.metrics.expose(), headers: { 'Content-Type': metricsContentType } });
  }

  @Handles(routes.liveness)
  liveness(_: Call<Routes['liveness']>): Promise<Answer<Routes['liveness']>> {
    return Promise.resolve({ body: { status: 'ok' } });
  }

  /** Open to all, so it names the parts and not what is wrong with them: that is in the log. */
  @Handles(routes.readiness)
  async readiness(_: Call<Routes['readiness']>): Promise<Answer<Routes['readiness']>> {
    const { status, checks } = await this.health();
    const parts = Object.entries(checks).map(([name, said]) => ({ name, ok: said === 'ok' }));
    return { status: status === 'failing' ? 503 : 200, body: { ready: status !== 'failing', parts } };
  }
}
