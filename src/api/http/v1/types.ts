import {
  always,
  type GoStruct,
  goAnyMap,
  goInt,
  goList,
  goListPointer,
  goString,
  goStruct,
  goTextMap,
} from '../go-type.ts';

/*
 * Types of the Clair v1 API: each type as Clair 2 declares it, and its Go type for encoding and decoding. On the wire, absent and
 * empty are the same, except for lists of an envelope: those are `null` when they are empty.
 */

/** The body of an error. */
export interface ErrorBody {
  readonly Message?: string;
}

/** A layer in requests and responses. */
export interface V1Layer {
  readonly Name?: string;
  readonly NamespaceName?: string;
  readonly Path?: string;
  readonly Headers?: Readonly<Record<string, string>>;
  readonly ParentName?: string;
  readonly Format?: string;
  readonly IndexedByVersion?: number;
  readonly Features?: readonly V1Feature[];
}

/** A package of a layer, or a package version that fixes a vulnerability. */
export interface V1Feature {
  readonly Name?: string;
  readonly NamespaceName?: string;
  readonly VersionFormat?: string;
  readonly Version?: string;
  readonly Vulnerabilities?: readonly V1Vulnerability[];
  readonly AddedBy?: string;
}

/** A vulnerability in one namespace. */
export interface V1Vulnerability {
  readonly Name?: string;
  readonly NamespaceName?: string;
  readonly Description?: string;
  readonly Link?: string;
  readonly Severity?: string;
  readonly Metadata?: Readonly<Record<string, unknown>>;
  readonly FixedBy?: string;
  readonly FixedIn?: readonly V1Feature[];
}

/** A namespace. */
export interface V1Namespace {
  readonly Name?: string;
  readonly VersionFormat?: string;
}

/** A notification of a changed vulnerability. Times are seconds since 1970, as text. */
export interface V1Notification {
  readonly Name?: string;
  readonly Created?: string;
  readonly Notified?: string;
  readonly Deleted?: string;
  readonly Limit?: number;
  readonly Page?: string;
  readonly NextPage?: string;
  readonly Old?: VulnerabilityWithLayers;
  readonly New?: VulnerabilityWithLayers;
}

/** A vulnerability with the layers that introduced it. */
export interface VulnerabilityWithLayers {
  readonly Vulnerability?: V1Vulnerability;
  readonly OrderedLayersIntroducingVulnerability?: readonly OrderedLayerName[];
  readonly LayersIntroducingVulnerability?: readonly string[];
}

/** A layer with its position in the order of pages. */
export interface OrderedLayerName {
  readonly Index: number;
  readonly LayerName: string;
}

/** The body of requests and responses with a layer. */
export interface LayerEnvelope {
  readonly Layer?: V1Layer;
  readonly Error?: ErrorBody;
}

/** The response with all namespaces. */
export interface NamespaceEnvelope {
  readonly Namespaces?: readonly V1Namespace[];
  readonly Error?: ErrorBody;
}

/** The body of requests and responses with vulnerabilities. */
export interface VulnerabilityEnvelope {
  readonly Vulnerability?: V1Vulnerability;
  readonly Vulnerabilities?: readonly V1Vulnerability[];
  readonly NextPage?: string;
  readonly Error?: ErrorBody;
}

/** The body of requests and responses with fixes. */
export interface FeatureEnvelope {
  readonly Feature?: V1Feature;
  readonly Features?: readonly V1Feature[];
  readonly Error?: ErrorBody;
}

/** The response with one notification, and the body that a webhook receives. */
export interface NotificationEnvelope {
  readonly Notification?: V1Notification;
  readonly Error?: ErrorBody;
}

/** The start of the next page of a notification, per side; -1 for a side without further pages. */
export interface NotificationPage {
  readonly OldVulnerability: number;
  readonly NewVulnerability: number;
}

const errorBody: GoStruct<ErrorBody> = goStruct('v1.Error', () => ({ Message: goString }));

/** `v1.Layer`. */
export const layer: GoStruct<V1Layer> = goStruct('v1.Layer', () => ({
  Name: goString,
  NamespaceName: goString,
  Path: goString,
  Headers: goTextMap,
  ParentName: goString,
  Format: goString,
  IndexedByVersion: goInt,
  Features: goList(feature),
}));

/** `v1.Feature`. */
export const feature: GoStruct<V1Feature> = goStruct('v1.Feature', () => ({
  Name: goString,
  NamespaceName: goString,
  VersionFormat: goString,
  Version: goString,
  Vulnerabilities: goList(vulnerability),
  AddedBy: goString,
}));

/** `v1.Vulnerability`. */
export const vulnerability: GoStruct<V1Vulnerability> = goStruct('v1.Vulnerability', () => ({
  Name: goString,
  NamespaceName: goString,
  Description: goString,
  Link: goString,
  Severity: goString,
  Metadata: goAnyMap,
  FixedBy: goString,
  FixedIn: goList(feature),
}));

const namespace: GoStruct<V1Namespace> = goStruct('v1.Namespace', () => ({
  Name: goString,
  VersionFormat: goString,
}));

const orderedLayerName: GoStruct<OrderedLayerName> = goStruct('v1.OrderedLayerName', () => ({
  Index: always(goInt),
  LayerName: always(goString),
}));

const vulnerabilityWithLayers: GoStruct<VulnerabilityWithLayers> = goStruct(
  'v1.VulnerabilityWithLayers',
  () => ({
    Vulnerability: vulnerability,
    OrderedLayersIntroducingVulnerability: goList(orderedLayerName),
    LayersIntroducingVulnerability: goList(goString),
  }),
);

const notification: GoStruct<V1Notification> = goStruct('v1.Notification', () => ({
  Name: goString,
  Created: goString,
  Notified: goString,
  Deleted: goString,
  Limit: goInt,
  Page: goString,
  NextPage: goString,
  Old: vulnerabilityWithLayers,
  New: vulnerabilityWithLayers,
}));

/** `v1.LayerEnvelope`. */
export const layerEnvelope: GoStruct<LayerEnvelope> = goStruct('v1.LayerEnvelope', () => ({
  Layer: layer,
  Error: errorBody,
}));

/** `v1.NamespaceEnvelope`. */
export const namespaceEnvelope: GoStruct<NamespaceEnvelope> = goStruct('v1.NamespaceEnvelope', () => ({
  Namespaces: goListPointer(namespace),
  Error: errorBody,
}));

/** `v1.VulnerabilityEnvelope`. */
export const vulnerabilityEnvelope: GoStruct<VulnerabilityEnvelope> = goStruct(
  'v1.VulnerabilityEnvelope',
  () => ({
    Vulnerability: vulnerability,
    Vulnerabilities: goListPointer(vulnerability),
    NextPage: goString,
    Error: errorBody,
  }),
);

/** `v1.FeatureEnvelope`. */
export const featureEnvelope: GoStruct<FeatureEnvelope> = goStruct('v1.FeatureEnvelope', () => ({
  Feature: feature,
  Features: goListPointer(feature),
  Error: errorBody,
}));

/** `v1.NotificationEnvelope`. */
export const notificationEnvelope: GoStruct<NotificationEnvelope> = goStruct(
  'v1.NotificationEnvelope',
  () => ({
    Notification: notification,
    Error: errorBody,
  }),
);

/** `database.VulnerabilityNotificationPageNumber`, the content of page tokens. */
export const notificationPage: GoStruct<NotificationPage> = goStruct(
  'database.VulnerabilityNotificationPageNumber',
  () => ({ OldVulnerability: always(goInt), NewVulnerability: always(goInt) }),
);
