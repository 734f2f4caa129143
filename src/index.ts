// The public surface. What is not named here is internal, whatever its file says.

// catalog: what is true of the world
export { Accelerator, AcceleratorProps } from './catalog/accelerator';
export { InstanceType } from './catalog/instance';
export { HubConfigOptions, Model, ModelProps } from './catalog/model';
export { Precision, PrecisionProps } from './catalog/precision';
export { PromqlSignalOptions, Signal, SignalQuery } from './catalog/signal';

// sizing: a load becomes a layout
export { BenchmarkResults } from './sizing/benchmark-results';
export { CalibratedDeployment, Calibration, CalibrationErrors, CalibrationFactors, RefusedMeasurement } from './sizing/calibration';
export { ArrivalOptions, Load, LoadKind, RequestLengths } from './sizing/load';
export { DisaggregatedPlan, DisaggregatedRequest, PhasePlan } from './sizing/disaggregated-plan';
export { LatencyBudget, Objective, ObjectiveKind } from './sizing/objective';
export { MeasuredDeployment, Measurement } from './sizing/measurement';
export { CostEstimate, EnergyEstimate, EngineSettings, Estimate, Fit, LatencyEstimate, MemoryLedger, Range, SizingCandidate, SizingPlan } from './sizing/plan';
export {
  AdapterSlots, EstimateRequest, FitRequest, LatencyTarget, ParallelLayout, ServingTarget, SizingEngine, SizingPool, SizingRequest,
} from './sizing/questions';
export { SimulatedEstimate, SimulationOptions, SimulationRun } from './sizing/simulated-estimate';
export { Sizing } from './sizing/sizing';
export { DraftModelOptions, Eagle3Options, SpeculationMethod, SpeculationOptions, SpeculativeDecoding } from './sizing/speculative-decoding';

// engines
export { CustomEngineOptions } from './engines/custom-options';
export { Engine, EngineConfig, EngineContext } from './engines/engine';
export { FixedSettings } from './engines/fixed-settings';
export { SglangOptions } from './engines/sglang-options';
export { VllmOptions } from './engines/vllm-options';

// nodes
export { AmiFamily, AmiTerm, Ec2NodeClassOptions, SecurityGroupTerm, SubnetTerm } from './nodes/ec2-node-class';
export { GpuNodePool, GpuNodePoolAttributes, GpuNodePoolProps, IGpuNodePool } from './nodes/gpu-node-pool';
export { KarpenterAwsOptions } from './nodes/karpenter-aws';
export { NodeDescription, NodeProvisionerConfig, NodeProvisionerContext, PoolTaint } from './nodes/node-description';
export { NodeProvisioner } from './nodes/node-provisioner';
export { CapacityReservationTerm, PurchaseOption, ReservedCapacityOptions } from './nodes/purchase-option';

// fleet
export { Capacity, ManualCapacityOptions } from './fleet/capacity';
export { FleetClient, IInferenceFleet } from './fleet/fleet';
export { FleetOwnership } from './fleet/identity';
export { FleetImages } from './fleet/images';
export { InferenceFleet } from './fleet/inference-fleet';
export { InferenceFleetProps } from './fleet/inference-fleet-props';
export { FleetTimeouts } from './fleet/lifecycle';
export { FleetNetwork } from './fleet/network';
export { FleetSecurity } from './fleet/security';
export { Weights } from './fleet/weights';
export { ClaimWeightsOptions, HubWeightsOptions, ImageWeightsOptions, ObjectStoreWeightsOptions } from './fleet/weights-options';
export { FleetMonitoring } from './observability/fleet-monitoring';

// routing
export { GatewayRef } from './routing/gateway-ref';
export { IModelRoute, ModelRoute, ModelRouteProps } from './routing/model-route';

// rollout
export { ArgoRolloutsOptions, ArgoRolloutsStage } from './rollout/argo-driver';
export { CanaryContext } from './rollout/canary-context';
export { CanaryDriver } from './rollout/canary-driver';
export { CanaryGate, CanaryGateOptions, PromqlGateOptions } from './rollout/canary-gate';
export { CanaryMirror } from './rollout/canary-mirror';
export { CanaryOverlay, OverlayTraffic } from './rollout/canary-overlay';
export { CanaryPreview, CanaryPreviewOptions } from './rollout/canary-preview';
export { CanaryStep } from './rollout/canary-steps';
export { EvaluationBase, EvaluationImageOptions, EvaluationOptions, ExpectedAnswer, GoldenPrompt } from './rollout/evaluation-options';
export { ManualDriverOptions } from './rollout/manual-driver';
export { ConfigMapText, RunnerDriverOptions, RunnerNetwork } from './rollout/runner-driver-options';
export { ModelCanary, ModelCanaryProps } from './rollout/model-canary';
export { CanaryShiftOptions, LinearShiftOptions, TrafficShift, TrafficShiftConfig, TrafficShiftStep } from './rollout/traffic-shift';

// app: what writes the files
export { PlatformApp } from './app/platform-app';
export { ObjectLimit, OutputFormat, PlatformAppProps, SynthesisBudget } from './app/platform-app-props';
