import { show } from '../errors';
import { isMap } from './checks';

/** Selects capacity reservations (on-demand capacity reservations and capacity blocks) of EC2; several terms are ORed. */
export interface CapacityReservationTerm {
  /**
   * Id, e.g. `cr-0123456789abcdef0`; stands alone.
   *
   * @default - selected by tags
   */
  readonly id?: string;
  /**
   * Tags that the reservation carries; the value `*` is any.
   *
   * @default - selected by id
   */
  readonly tags?: { [key: string]: string };
  /**
   * Account that owns the reservation, 12 digits.
   *
   * @default - any account that shares one with yours
   */
  readonly ownerId?: string;
}

/** Options of `PurchaseOption.reserved`. */
export interface ReservedCapacityOptions {
  /**
   * The reservations to launch into.
   *
   * @default - those that the EC2NodeClass named by `nodeClassName` selects
   */
  readonly reservations?: CapacityReservationTerm[];
  /**
   * Whether on-demand capacity follows when the reservations are full.
   *
   * @default false
   */
  readonly fallback?: boolean;
}

/** How the machines of a pool are bought. Where several ways are open, Karpenter takes reserved first, then spot, then on-demand. */
export class PurchaseOption {
  /** At the list price, without an end. */
  public static onDemand(): PurchaseOption { return new PurchaseOption(['on-demand'], []); }

  /**
   * Spare capacity alone: cheaper, and taken back with two minutes of notice, which is less than most models need to
   * start elsewhere. When there is none, replicas wait.
   */
  public static spot(): PurchaseOption { return new PurchaseOption(['spot'], []); }

  /** Spare capacity while there is some, else on-demand. Nodes are taken back with two minutes of notice. */
  public static spotWithFallback(): PurchaseOption { return new PurchaseOption(['on-demand', 'spot'], []); }

  /**
   * Capacity that is reserved already. Karpenter needs its feature gate `ReservedCapacity`. Machines of a capacity block
   * are taken back half an hour before the block ends.
   *
   * @throws when `reservations` is no list.
   */
  public static reserved(options: ReservedCapacityOptions = {}): PurchaseOption {
    if (!isMap(options)) { throw new Error(`the options of 'PurchaseOption.reserved' are ${show(options)} but must be an object`); }
    const { reservations = [], fallback } = options;
    if (!Array.isArray(reservations)) { throw new Error(`'reservations' is ${show(reservations)} but must be a list of terms`); }
    if (fallback !== undefined && typeof fallback !== 'boolean') { throw new Error(`'fallback' is ${show(fallback)} but must be true or false`); }
    return new PurchaseOption(fallback ? ['on-demand', 'reserved'] : ['reserved'], reservations);
  }

  private readonly reservationTerms: CapacityReservationTerm[];
  private readonly types: string[];

  private constructor(types: string[], reservations: CapacityReservationTerm[]) {
    this.types = types;
    this.reservationTerms = reservations.map(copied);
  }

  /** Values of `karpenter.sh/capacity-type`, sorted. */
  public get capacityTypes(): string[] { return [...this.types]; }

  /** Reservations to launch into; empty if none are stated. */
  public get reservations(): CapacityReservationTerm[] { return this.reservationTerms.map(copied); }
}

/** A copy; what is no term is left for the pool to refuse. */
function copied(term: CapacityReservationTerm): CapacityReservationTerm { return isMap(term) ? { ...term } : term; }
