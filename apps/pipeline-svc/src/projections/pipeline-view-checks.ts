import { storedViews } from '@cyclone/event-store/mongo';
import { viewsToCheck, type CheckedViews } from '@cyclone/event-store/verify';
import type { mongo } from 'mongoose';
import { buildViewsCollection } from './build-views.js';
import { projectViewsCollection } from './project-views.js';
import { storedBuildProjection } from './stored-build.js';
import { storedProjectProjection } from './stored-project.js';

/** Every view of this service beside the fold that it must be; needs to read the database only. */
export const pipelineViewsToCheck = (db: mongo.Db): readonly CheckedViews[] => [
  viewsToCheck(storedBuildProjection, storedViews(db, buildViewsCollection)),
  viewsToCheck(storedProjectProjection, storedViews(db, projectViewsCollection)),
];
