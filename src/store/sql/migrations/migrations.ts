import { createTables } from './0001-tables.ts';
import { addHistoryAndNames } from './0002-history-and-names.ts';
import { addNotifications } from './0003-notifications.ts';
import { addDigests } from './0004-digests.ts';
import { addAncestries } from './0005-ancestries.ts';
import { sharePackages } from './0006-packages.ts';
import { addContentDates } from './0007-content-dates.ts';
import { addRatings } from './0008-ratings.ts';
import { addLastUpdate } from './0009-last-update.ts';
import { numberIndependently } from './0010-independent-numbers.ts';
import { indexLastUse } from './0011-last-use.ts';
import { sharePackageSets } from './0012-package-sets.ts';
import { addMatchKeys } from './0013-match-keys.ts';
import { addJobs } from './0014-jobs.ts';
import { addFindingCounts } from './0015-finding-counts.ts';
import { addKnownDocuments } from './0016-known-documents.ts';
import { addPackageEvidence } from './0017-package-evidence.ts';
import { addImageDescriptions } from './0018-image-descriptions.ts';
import { addContentModels } from './0019-content-models.ts';
import { addKnownImages } from './0020-known-images.ts';
import { addScanJobs } from './0021-scan-jobs.ts';
import { addUnreadParts } from './0022-unread-parts.ts';
import { addSavedSuppressions } from './0023-saved-suppressions.ts';
import { addScanOrders } from './0024-scan-orders.ts';
import { addWatchedRegistries } from './0025-watched-registries.ts';
import { addNoticedNames } from './0026-noticed-names.ts';
import { addScanCredentials } from './0027-scan-credentials.ts';
import { addAttachedVex } from './0028-attached-vex.ts';
import { addLayerExtracts } from './0029-layer-extracts.ts';
import { addFindingIndex } from './0030-finding-index.ts';
import { addFindingDays } from './0031-finding-days.ts';
import { addBaseImages } from './0032-base-images.ts';
import { addFindingAges } from './0033-finding-ages.ts';
import { indexSourceNames } from './0034-source-names.ts';
import { addFindingChanges } from './0035-finding-changes.ts';
import { addTransportStarts } from './0036-transport-starts.ts';
import { leavePagesHalfFilled } from './0037-half-filled-pages.ts';
import type { Migration } from './migration.ts';

const named = {
  createTables,
  addHistoryAndNames,
  addNotifications,
  addDigests,
  addAncestries,
  sharePackages,
  addContentDates,
  addRatings,
  addLastUpdate,
  numberIndependently,
  indexLastUse,
  sharePackageSets,
  addMatchKeys,
  addJobs,
  addFindingCounts,
  addKnownDocuments,
  addPackageEvidence,
  addImageDescriptions,
  addContentModels,
  addKnownImages,
  addScanJobs,
  addUnreadParts,
  addSavedSuppressions,
  addScanOrders,
  addWatchedRegistries,
  addNoticedNames,
  addScanCredentials,
  addAttachedVex,
  addLayerExtracts,
  addFindingIndex,
  addFindingDays,
  addBaseImages,
  addFindingAges,
  indexSourceNames,
  addFindingChanges,
  addTransportStarts,
  leavePagesHalfFilled,
};

/** All migrations in order. */
export const migrations: readonly Migration[] = Object.values(named);

/** The names of the migrations, in the same order. */
export const migrationNames: readonly string[] = Object.keys(named);
